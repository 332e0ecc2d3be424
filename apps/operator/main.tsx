import { mount } from '@pathfold/ui/mount';
import { QueryClientProvider } from '@tanstack/react-query';
import { OperatorPage } from './operator-page.tsx';
import { queries } from './queries.ts';

mount(
  <QueryClientProvider client={queries}>
    <OperatorPage />
  </QueryClientProvider>,
);
