import { textOf } from '@pathfold/ui/markup.fixture';
import { createElement } from 'react';
import { expect, test } from 'vitest';
import { type FieldGroup, NUMBER_GROUPS } from './field-groups.ts';
import { GroupFields } from './group.tsx';

const wiring = { value: '', error: undefined, onChange: () => {} };

/** The rows of the group, under any title. */
const shown = (id: FieldGroup['id'], gradients = false) => {
  const group = { ...NUMBER_GROUPS.find((it) => it.id === id)!, title: 'Settings' };
  return textOf(createElement(GroupFields, { group, gradients, set() {}, field: () => wiring, choice: () => wiring }));
};

test('the lists to choose from belong to their group, whatever its title says', () => {
  for (const label of ['Volunteers send', 'Optimizer', 'Average of outer gradients']) {
    expect(shown('outer')).toContain(label);
    expect(shown('inner')).not.toContain(label);
  }
  expect(shown('arrivals')).toContain('Modules step');
  expect(shown('rounds')).not.toContain('Modules step');
});

test('where gradients are sent, nothing is asked of an outer optimizer', () => {
  expect(shown('outer')).toContain('Momentum');
  const sent = shown('outer', true);
  expect(sent).toContain('AdamW steps here');
  for (const label of ['Optimizer', 'Momentum', 'Learning rate']) expect(sent).not.toContain(label);
});
