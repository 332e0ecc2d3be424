import { mount } from '@pathfold/ui/mount';
import { VolunteerPage } from './volunteer-page.tsx';

mount(<VolunteerPage />);
