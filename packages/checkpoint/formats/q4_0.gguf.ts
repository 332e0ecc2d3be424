import { ggufOf } from '../gguf/llama.ts';

/** For llama.cpp, matrices in Q4_0. */
export default ggufOf('Q4_0');
