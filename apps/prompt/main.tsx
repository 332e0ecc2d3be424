import { mount } from '@pathfold/ui/mount';
import { PromptPage } from './prompt-page.tsx';

mount(<PromptPage />);
