import { isSoftwareAdapter } from '@pathfold/tensors/software-adapter';

/** The devices that this browser offers, found without computing anything. */
export interface GraphicsAdapter {
  /** As the driver names it. */
  readonly name: string;
  /** A graphics adapter that is emulated on the CPU: slower than computing on the CPU directly. */
  readonly software: boolean;
}

/** A driver that does not answer by then counts as none. */
const PATIENCE_MS = 3000;

/** Null where the browser has none, or none that can be asked. */
export const findAdapter = (): Promise<GraphicsAdapter | null> =>
  Promise.race([
    askForAdapter().catch(() => null),
    new Promise<null>((resolve) => setTimeout(resolve, PATIENCE_MS, null)),
  ]);

async function askForAdapter(): Promise<GraphicsAdapter | null> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return null;
  // Browsers that are not new have no `info`.
  const info: Partial<GPUAdapterInfo> = adapter.info ?? {};
  const { vendor, architecture, device, description, isFallbackAdapter = false } = info;
  const name = [...new Set([description || [vendor, device || architecture].filter(Boolean).join(' ')])].join(' ');
  const words = [vendor, architecture, device, description].join(' ');
  return { name: name || 'a graphics adapter', software: isFallbackAdapter || isSoftwareAdapter(words) };
}

interface Lack {
  readonly what: string;
  readonly consequence: string;
}

export interface Environment {
  /** Without these no work can be done at all. */
  readonly blocking: readonly Lack[];
  /** Work goes on without these, and worse. */
  readonly missing: readonly Lack[];
  /** The address is plain HTTP and not this machine: browsers then withhold most of the above. */
  readonly insecure: boolean;
}

/** The features that this browser lacks at this address, each with its consequence. */
export function lookAround(scope: typeof globalThis = globalThis): Environment {
  const has = (lack: Lack, present: boolean): Lack[] => (present ? [] : [lack]);
  const { navigator } = scope;
  return {
    insecure: !scope.isSecureContext,
    blocking: [
      ...has(
        { what: 'Signatures (WebCrypto)', consequence: 'Your work could not be told from anybody else’s.' },
        Boolean(scope.crypto?.subtle),
      ),
      ...has({ what: 'Web workers', consequence: 'The page would freeze while it computes.' }, 'Worker' in scope),
      ...has({ what: 'WebAssembly', consequence: 'There is nothing to compute with.' }, 'WebAssembly' in scope),
    ],
    missing: [
      ...has({ what: 'WebGPU', consequence: 'The GPU cannot be used; the CPU can.' }, 'gpu' in navigator),
      ...has(
        {
          what: 'A private file system',
          consequence: 'Nothing is kept between visits: modules are fetched again, unfinished uploads are lost.',
        },
        Boolean(navigator.storage?.getDirectory) && 'createWritable' in (scope.FileSystemFileHandle?.prototype ?? {}),
      ),
      ...has(
        {
          what: 'Storage of this site',
          consequence: 'Your identity lasts for this visit: save it to keep your credit.',
        },
        hasStorage(scope),
      ),
      ...has(
        { what: 'WebRTC', consequence: 'Modules come from the coordinator only, not from other volunteers.' },
        'RTCPeerConnection' in scope,
      ),
      ...has(
        { what: 'Locks between tabs', consequence: 'Two tabs may train at once and take each other’s time.' },
        'locks' in navigator,
      ),
    ],
  };
}

/** Where a person blocks it, looking at it is an error. */
function hasStorage(scope: typeof globalThis): boolean {
  try {
    return Boolean(scope.localStorage);
  } catch {
    return false;
  }
}
