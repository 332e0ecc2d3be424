/** As the device says it when work does not fit (tensors/executors/executor.ts). */
export const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
