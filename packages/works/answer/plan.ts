import type { BriefPlan } from '@pathfold/coordination/brief-plan';
import { END_OF_TEXT } from '@pathfold/protocol/blob';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { answeringBytes } from '../footprint.ts';
import type { AnswerTask } from './task.ts';

/** Prompts of visitors: a path at its newest modules goes on with them until the text ends. */
export const answerPlan: BriefPlan = {
  name: 'answer',

  offer(spec, path, modules) {
    const parameters = modules.reduce((sum, { bytes }) => sum + bytes, 0) / 4;
    const { model, embedding } = spec;
    const body: AnswerTask = { model, levels: levelsOf(spec), embedding, path, modules: [...modules] };
    return { body, memoryBytes: answeringBytes(spec, parameters) };
  },

  admit(ids, vocabulary) {
    const unknown = ids.find((id) => id >= vocabulary);
    if (unknown !== undefined) return `Token ${unknown} is not below ${vocabulary}.`;
    const end = ids.indexOf(END_OF_TEXT);
    return end >= 0 && end < ids.length - 1 ? 'Tokens came after the end of the text.' : null;
  },

  ends: (ids) => ids.at(-1) === END_OF_TEXT,
};
