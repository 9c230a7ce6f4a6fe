// The fake engine is an engine: what is tested over it holds for the others.
import { engineContract } from '../contract.testing.ts';
import { fakeEngine } from './fakeEngine.testing.ts';

engineContract('the fake engine', async () => ({ ...fakeEngine(), tolerance: 1e-6 }));
