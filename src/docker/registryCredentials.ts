import type { RegistryAuth } from "./engine.ts";

/** Credentials for a registry host such as `localhost:7050` or `docker.io`; `undefined`: none are known. */
export type CredentialSource = (
  host: string,
  options?: { readonly signal?: AbortSignal },
) => Promise<RegistryAuth | undefined>;
