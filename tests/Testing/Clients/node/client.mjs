// Draws, edits and inpaints through the vendor's own client. Standard input: {"gateway", "first", "second", "mask": base64 of PNG files}, and where not
// every case is to be run as it is here, "cases": their names, and "fields", which replace or extend every request's own.
// Prints a line of JSON for each case: {"case", "images": [base64], "events": [{"type", "index"}], "error"}.
import { readFileSync } from 'node:fs';
import OpenAI, { toFile } from 'openai';

const setup = JSON.parse(readFileSync(0, 'utf8'));
const client = new OpenAI({ baseURL: `${setup.gateway}/v1`, apiKey: 'none', maxRetries: 0, timeout: 300_000 });
const file = (base64, name) => toFile(Buffer.from(base64, 'base64'), name, { type: 'image/png' });
const generate = (fields) => client.images.generate({ ...fields, ...setup.fields });
const edit = (fields) => client.images.edit({ ...fields, ...setup.fields });

const streamed = async (stream) => {
  const events = [];
  for await (const event of stream) events.push(event);
  return { events: events.map(({ type, partial_image_index }) => ({ type, index: partial_image_index })), data: events };
};
const fetched = (data) => Promise.all(data.map(async ({ url }) => (
  { b64_json: Buffer.from(await (await fetch(url)).arrayBuffer()).toString('base64') })));

const cases = {
  models: async () => ({ ids: (await client.models.list()).data.map((model) => model.id) }),
  generate: () => generate({ model: 'qwen-image', prompt: 'a red circle', size: '512x512', n: 2 }),
  edit: async () => edit({ model: 'qwen-image-edit', prompt: 'make it blue', image: await file(setup.first, 'a.png'), size: '512x512' }),
  several: async () => edit({
    prompt: 'both', image: [await file(setup.first, 'a.png'), await file(setup.second, 'b.png')], size: 'auto', input_fidelity: 'high',
  }),
  inpaint: async () => edit({ prompt: 'a hat', image: await file(setup.first, 'a.png'), mask: await file(setup.mask, 'm.png'), size: '512x512' }),
  stream: async () => streamed(await generate({ prompt: 'a red circle', size: '512x512', stream: true, partial_images: 2 })),
  streamedEdit: async () => streamed(await edit({
    prompt: 'make it blue', image: await file(setup.first, 'a.png'), size: '512x512', stream: true, partial_images: 2,
  })),
  url: async () => ({ data: await fetched((await generate({ prompt: 'a red circle', size: '512x512', response_format: 'url' })).data) }),
  opaque: async () => edit({ prompt: 'a hat', image: await file(setup.first, 'a.png'), mask: await file(setup.second, 'm.png') }),
};

for (const name of setup.cases ?? Object.keys(cases)) {
  try {
    const answer = await cases[name]();
    console.log(JSON.stringify({ case: name, ids: answer.ids, events: answer.events, images: answer.data?.map((item) => item.b64_json) }));
  } catch (error) {
    console.log(JSON.stringify({ case: name, error: error.constructor.name, status: error.status, param: error.param, message: error.message }));
  }
}
