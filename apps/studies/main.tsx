import { mount } from '@pathfold/ui/mount';
import { StudiesPage } from './studies-page.tsx';

mount(<StudiesPage />);
