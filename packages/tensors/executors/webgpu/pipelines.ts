import type { Shader } from './shader.ts';

interface Compiled {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Compiled shaders of one device, each made once. */
export class Pipelines {
  readonly #byCode = new Map<string, Compiled>();

  constructor(private readonly device: GPUDevice) {}

  get(shader: Shader): Compiled {
    const compiled = this.#byCode.get(shader.code) ?? this.#compile(shader);
    this.#byCode.set(shader.code, compiled);
    return compiled;
  }

  #compile({ code, bindings }: Shader): Compiled {
    const types: GPUBufferBindingType[] = [
      'uniform',
      ...bindings.map(({ written }) => (written ? ('storage' as const) : ('read-only-storage' as const))),
    ];
    const visibility = GPUShaderStage.COMPUTE;
    const layout = this.device.createBindGroupLayout({
      entries: types.map((type, binding) => ({ binding, visibility, buffer: { type } })),
    });
    const pipeline = this.device.createComputePipeline({
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: this.device.createShaderModule({ code }), entryPoint: 'main' },
    });
    return { pipeline, layout };
  }
}
