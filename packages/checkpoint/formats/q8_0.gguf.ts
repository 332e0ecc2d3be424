import { ggufOf } from '../gguf/llama.ts';

/** For llama.cpp, matrices in Q8_0. */
export default ggufOf('Q8_0');
