import { createRoot } from 'react-dom/client';
import { HostFrame } from './HostFrame';
import './host.css';

// The host without the package, to compare with.
const root = document.getElementById('root');
if (root) createRoot(root).render(<HostFrame />);
