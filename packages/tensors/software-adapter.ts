const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

/** Whether a graphics adapter, by what its driver calls it, is emulated on the CPU. */
export const isSoftwareAdapter = (words: string): boolean => SOFTWARE.test(words);
