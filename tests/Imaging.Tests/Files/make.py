"""Writes the pictures of this folder with Pillow, and what Pillow reads from each: NAME.rgb.png is convert("RGB"), NAME.rgba.png convert("RGBA")."""
from PIL import Image

W, H = 40, 24
base = Image.new("RGB", (W, H))
base.putdata([((x * 255) // W, (y * 255) // H, 255 if 8 < x < 20 and 6 < y < 14 else ((x + y) * 255) // (W + H)) for y in range(H) for x in range(W)])
alpha = Image.new("L", (W, H))
alpha.putdata([0 if x < 12 else min(255, x * 7) for y in range(H) for x in range(W)])
rgba = base.copy()
rgba.putalpha(alpha)
grey_alpha = Image.merge("LA", (base.convert("L"), alpha))
palette = base.quantize(16)
second = base.rotate(180)

base.convert("CMYK").save("cmyk.jpg", quality=90)
base.save("progressive.jpg", quality=85, progressive=True)
base.convert("L").save("grey.jpg", quality=90)
base.save("half-colour.jpg", quality=80, subsampling="4:2:0")
base.convert("L").save("grey.png")
base.convert("1").save("bilevel.png")
palette.save("palette.png", bits=4)
palette.save("palette-transparent.png", transparency=3)
grey_alpha.save("grey-alpha.png")
rgba.save("alpha.png")
base.save("lossy.webp", quality=80)
rgba.save("alpha.webp", lossless=True, exact=True)
palette.save("animated.gif", save_all=True, append_images=[second.quantize(16)], duration=100)
base.save("animated.webp", save_all=True, append_images=[second], lossless=True, duration=100)

import glob, os
for file in sorted(glob.glob("*.*")):
    if file.endswith((".py", ".rgb.png", ".rgba.png")):
        continue
    picture = Image.open(file)
    picture.convert("RGB").save(file + ".rgb.png")
    if "alpha" in file or "transparent" in file:
        picture.convert("RGBA").save(file + ".rgba.png")
