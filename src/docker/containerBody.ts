import type { ContainerSpec, Mount, PublishedPort } from './engine.ts';

/** Body of `POST /containers/create`. Pure, so that it can be compared with what is wanted. */
export function containerBody(spec: ContainerSpec): object {
  const joinsNamed = !/^(host|none|container:.*)$/.test(spec.network);
  return {
    Image: spec.image,
    Labels: spec.labels,
    Env: spec.environment,
    Cmd: spec.command,
    Entrypoint: spec.entrypoint,
    User: spec.user,
    Hostname: spec.hostname,
    StopSignal: spec.stopSignal,
    StopTimeout: spec.stopGraceSeconds,
    ExposedPorts: Object.fromEntries(spec.ports.map((port) => [portKey(port), {}])),
    HostConfig: {
      NetworkMode: spec.network,
      Mounts: spec.mounts.map(mountBody),
      PortBindings: portBindings(spec.ports),
      RestartPolicy: { Name: spec.restart },
      NanoCpus: spec.cpus === undefined ? undefined : Math.round(spec.cpus * 1e9),
      CpuShares: spec.cpuShares,
      Memory: spec.memoryBytes,
      // The same as the memory: no swap on top of it, so that the limit is the limit.
      MemorySwap: spec.memoryBytes,
      PidsLimit: spec.pidsLimit,
      CapDrop: spec.capabilities?.drop,
      CapAdd: spec.capabilities?.add,
      SecurityOpt: spec.noNewPrivileges ? ['no-new-privileges:true'] : undefined,
      ReadonlyRootfs: spec.readOnlyRoot,
      LogConfig: { Type: 'local', Config: logConfig(spec.log) },
      Init: spec.init,
      ExtraHosts: spec.extraHosts,
    },
    NetworkingConfig: joinsNamed ? { EndpointsConfig: { [spec.network]: {} } } : undefined,
  };
}

/** The engine compresses what it has rotated, and refuses to when there is nothing to rotate to. */
function logConfig({ maxBytes, files }: ContainerSpec['log']): Record<string, string> {
  const common = { 'max-size': String(maxBytes), 'max-file': String(Math.max(1, files)) };
  return files > 1 ? common : { ...common, compress: 'false' };
}

function portKey(port: PublishedPort): string {
  return `${port.containerPort}/${port.protocol}`;
}

function portBindings(ports: readonly PublishedPort[]): Record<string, object[]> {
  const bindings: Record<string, object[]> = {};
  for (const port of ports) {
    // An empty host port lets the engine choose; "0" means the same to Docker but not to Podman.
    const hostPort = port.hostPort === 0 ? '' : String(port.hostPort);
    (bindings[portKey(port)] ??= []).push({ HostIp: port.hostAddress, HostPort: hostPort });
  }
  return bindings;
}

function mountBody({ kind, source, target, readOnly, recursive }: Mount): object {
  const alone = recursive === false ? { BindOptions: { NonRecursive: true } } : {};
  return { Type: kind, Source: source, Target: target, ReadOnly: readOnly, ...alone };
}
