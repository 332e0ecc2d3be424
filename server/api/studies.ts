import { readFile } from 'node:fs/promises';
import { PathfoldError } from '@pathfold/protocol/errors';
import { StudyClaims, StudyPlate, StudyResource } from '@pathfold/protocol/study-spec';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { plans } from '../works.ts';

const SHIPPED = new URL('../../docs/studies/', import.meta.url);

const platesShipped = async (): Promise<StudyPlate[]> =>
  z.array(StudyPlate).parse(JSON.parse(await readFile(new URL('gallery.json', SHIPPED), 'utf8')));

/** The claims of a study's committed results; none where there are none yet. */
async function claimsOf(name: string): Promise<StudyResource['claims']> {
  const text = await readFile(new URL(`${name}/claims.json`, SHIPPED), 'utf8').catch(() => '[]');
  return StudyClaims.parse(JSON.parse(text));
}

const onNetwork = new Set(plans.flatMap(({ traits }) => traits?.studies ?? []));

/** The gallery, for anybody. */
export const studyRoutes: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/studies',
    { schema: { tags: ['studies'], response: { 200: z.object({ studies: z.array(StudyResource) }) } } },
    async () => {
      const plates = await platesShipped();
      return {
        studies: await Promise.all(
          plates.map(async (plate) => ({
            ...plate,
            network: onNetwork.has(plate.name),
            claims: await claimsOf(plate.name),
          })),
        ),
      };
    },
  );

  app.get(
    '/studies/:name/picture',
    { schema: { tags: ['studies'], params: z.object({ name: z.string() }) } },
    async ({ params: { name } }, reply) => {
      const picture = (await platesShipped()).find((plate) => plate.name === name)?.here?.picture;
      if (!picture) throw new PathfoldError('not_found', `The gallery has no picture of a study “${name}”.`);
      return (
        reply
          .type('image/svg+xml')
          // Plots carry their colours, light and dark, in a style of their own.
          .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
          .send(await readFile(new URL(`${name}/${picture.file}.svg`, SHIPPED)))
      );
    },
  );
};
