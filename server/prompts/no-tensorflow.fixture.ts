/** Answers a prompt and writes every export, in a process of its own. */
import { EXPORTS } from './exports.ts';
import { promptServer } from './server.fixture.ts';

const { app } = await promptServer();
const prompt = { model: 'r1', prompt: 'The', max_tokens: 2 };
const answers = [await app.inject({ method: 'POST', url: '/v1/completions', payload: prompt })];
const files = [...EXPORTS.keys()].map((format) => `0.${format}`);
for (const file of [...files, 'tokenizer.json', 'router.json'])
  answers.push(await app.inject(`/api/v1/runs/r1/export/${file}`));
await app.close();
const refused = answers.filter(({ statusCode }) => statusCode !== 200);
if (refused.length > 0) throw new Error(refused.map(({ body }) => body).join('\n'));
