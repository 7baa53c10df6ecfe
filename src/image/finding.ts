/** Found before minutes are spent. `stop`: it cannot work. `warn`: it may go on, and this is said. */
export interface Finding {
  readonly severity: 'stop' | 'warn';
  readonly code:
    | 'dockerfileMissing'
    | 'dockerfileUnreadable'
    | 'dockerfileInvalid'
    | 'noExposedPort'
    | 'portNotExposed'
    | 'platformDiffers'
    | 'littleRoom'
    | 'nameTaken'
    | 'nameInvalid'
    | 'regionUnreachable'
    | 'noRegistry'
    | 'registryRefuses'
    | 'registryUnreachable'
    | 'secretsInContext'
    | 'largeContext';
  /** What is wrong, why it matters, what to do. */
  readonly message: string;
}
