// Draws and edits through Replicate's own client. Standard input: {"gateway", "prompt", "instruction", "side"}.
// Prints a line of JSON for each case: {"case", "images": [base64], ...}.
import { readFileSync } from 'node:fs';
import Replicate from 'replicate';

const setup = JSON.parse(readFileSync(0, 'utf8'));
const replicate = new Replicate({ auth: 'none', baseUrl: `${setup.gateway}/v1` });
const input = { prompt: setup.prompt, aspect_ratio: 'custom', width: setup.side, height: setup.side, num_inference_steps: 20, seed: 11, output_format: 'png' };

// Outputs are the client's own objects where they are https, else texts.
const base64 = async (output) => Buffer.from(await (await fetch(String(output))).arrayBuffer()).toString('base64');
const report = (name, images, more) => console.log(JSON.stringify({ case: name, images, ...more }));

// Waits in one call.
const [file] = await replicate.run('qwen/qwen-image-2512', { input });
const drawn = await base64(file);
report('run', [drawn]);

// Asks again and again; its picture is a file of this process.
const statuses = new Set();
const edit = { prompt: setup.instruction, image: [Buffer.from(drawn, 'base64')], aspect_ratio: 'match_input_image', output_format: 'png' };
const output = await replicate.run('qwen/qwen-image-edit-plus', { input: edit, wait: { mode: 'poll', interval: 100 } }, (prediction) => statuses.add(prediction.status));
report('poll', await Promise.all(output.map(base64)), { statuses: [...statuses] });

// Where this process stands still for long, its picture is there before it asks for the end: then of another one.
let prediction;
for (let times = 0; times < 10 && prediction?.status !== 'canceled'; times++) {
  prediction = await replicate.predictions.create({ model: 'qwen/qwen-image', input: { prompt: 'x', num_inference_steps: 50 } });
  prediction = await replicate.predictions.cancel(prediction.id);
  prediction = await replicate.wait(prediction, { interval: 100 });
}
const { results } = await replicate.predictions.list();
report('cancel', [], { status: prediction.status, listed: [...new Set(results.map((item) => item.model))] });

try {
  await replicate.run('qwen/qwen-image', { input: { prompt: 'x', guidance: 11 } });
} catch (error) {
  report('refused', [], { error: error.constructor.name, status: error.response?.status, message: error.message });
}
