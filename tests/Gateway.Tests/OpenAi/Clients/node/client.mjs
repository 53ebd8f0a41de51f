// Draws, edits and inpaints through the vendor's own client. Prints a line of JSON for each case: {"case", "images": [base64], "error"}.
import OpenAI, { toFile } from 'openai';

const setup = JSON.parse(process.argv[2]);
const client = new OpenAI({ baseURL: `${setup.gateway}/v1`, apiKey: 'none', maxRetries: 0, timeout: 60_000 });
const file = (base64, name) => toFile(Buffer.from(base64, 'base64'), name, { type: 'image/png' });

const cases = {
  models: async () => ({ ids: (await client.models.list()).data.map((model) => model.id) }),
  generate: () => client.images.generate({ model: 'qwen-image', prompt: 'a red circle', size: '512x512', n: 2 }),
  edit: async () => client.images.edit({ model: 'qwen-image-edit', prompt: 'make it blue', image: await file(setup.first, 'a.png'), size: '512x512' }),
  several: async () => client.images.edit({
    prompt: 'both', image: [await file(setup.first, 'a.png'), await file(setup.second, 'b.png')], size: 'auto', input_fidelity: 'high',
  }),
  inpaint: async () => client.images.edit({ prompt: 'a hat', image: await file(setup.first, 'a.png'), mask: await file(setup.mask, 'm.png'), size: '512x512' }),
  opaque: async () => client.images.edit({ prompt: 'a hat', image: await file(setup.first, 'a.png'), mask: await file(setup.second, 'm.png') }),
};

for (const [name, run] of Object.entries(cases)) {
  try {
    const answer = await run();
    console.log(JSON.stringify({ case: name, ids: answer.ids, images: answer.data?.map((item) => item.b64_json) }));
  } catch (error) {
    console.log(JSON.stringify({ case: name, error: error.constructor.name, status: error.status, param: error.param, message: error.message }));
  }
}
