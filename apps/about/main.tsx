import { mount } from '@pathfold/ui/mount';
import { AboutPage } from './about-page.tsx';

mount(<AboutPage />);
