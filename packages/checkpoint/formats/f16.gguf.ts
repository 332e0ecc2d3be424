import { ggufOf } from '../gguf/llama.ts';

/** For llama.cpp, matrices in F16. */
export default ggufOf('F16');
