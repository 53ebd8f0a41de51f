// Draws and edits through fal's own client, whose hosts are turned to the Gateway. Standard input: {"gateway", "prompt", "instruction", "side"}.
// Prints a line of JSON for each case: {"case", "images": [base64], ...}.
import { readFileSync } from 'node:fs';
import { createFalClient } from '@fal-ai/client';

const setup = JSON.parse(readFileSync(0, 'utf8'));
const gateway = (url) => url.replace('https://queue.fal.run', `${setup.gateway}/queue`).replace('https://fal.run', setup.gateway);
const fal = createFalClient({ credentials: 'none', requestMiddleware: async (request) => ({ ...request, url: gateway(request.url) }) });
const size = { width: setup.side, height: setup.side };
const text = { prompt: setup.prompt, image_size: size, num_inference_steps: 4, seed: 11 };

const fetched = async (image) => Buffer.from(await (await fetch(image.url)).arrayBuffer()).toString('base64');
const report = async (name, result, more) => {
  const images = await Promise.all(result.data.images.map(fetched));
  console.log(JSON.stringify({ case: name, images, seed: result.data.seed, widths: result.data.images.map((image) => image.width), ...more }));
  return images[0];
};

const drawn = await report('run', await fal.run('fal-ai/qwen-image', { input: text }));

const statuses = new Set();
const input = { prompt: setup.instruction, image_url: `data:image/png;base64,${drawn}`, image_size: size, num_inference_steps: 4, seed: 11 };
const edited = await fal.subscribe('fal-ai/qwen-image-edit', {
  input, logs: true, pollInterval: 100, onQueueUpdate: (update) => statuses.add(update.status),
});
await report('subscribe', edited, { statuses: [...statuses] });

const streamed = await fal.subscribe('fal-ai/qwen-image-edit-plus', {
  mode: 'streaming', input: { ...input, image_url: undefined, image_urls: [input.image_url] },
});
await report('stream', streamed);

const { request_id: requestId } = await fal.queue.submit('fal-ai/qwen-image', { input: { ...text, num_images: 2 } });
for (let status; status !== 'COMPLETED'; await new Promise((resolve) => setTimeout(resolve, 100))) {
  ({ status } = await fal.queue.status('fal-ai/qwen-image', { requestId }));
}
await report('queue', await fal.queue.result('fal-ai/qwen-image', { requestId }));

try {
  await fal.run('fal-ai/qwen-image', { input: { prompt: 'x', num_images: 9 } });
} catch (error) {
  console.log(JSON.stringify({ case: 'refused', error: error.constructor.name, status: error.status, fields: error.fieldErrors?.map((fault) => fault.loc.join('.')) }));
}
