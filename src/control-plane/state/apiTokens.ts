import type { DatabaseSync } from 'node:sqlite';
import type { Permissions } from '../../protocol/shapes/apiToken.ts';
import { limits, type Page, type PageWanted } from './page.ts';
import { counted, number, optionalJson, optionalNumber, text, type Row } from './row.ts';

/** `secretHash` is what `auth/apiToken.ts` makes of a secret. */
export interface ApiTokenRow {
  readonly loginId: string;
  readonly userId: string;
  readonly name: string;
  readonly secretHash: string;
  /** Absent: it stands for its holder as a whole. Only the token of the token file does. */
  readonly permissions: Permissions | undefined;
  /** It is good from here on; absent: from the start. */
  readonly notBefore: number | undefined;
  /** It is good until here; absent: until it is revoked. */
  readonly expiresAt: number | undefined;
  readonly createdAt: number;
  readonly revokedAt: number | undefined;
}

/** API tokens. A revoked one stays, so that its id is never given to another. Callers hold the transaction. */
export class ApiTokens {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  find(loginId: string): ApiTokenRow | undefined {
    const row = this.#database.prepare('SELECT * FROM api_token WHERE login_id = ?').get(loginId);
    return row === undefined ? undefined : tokenOf(row);
  }

  /** Those that were not revoked, newest first; expired ones are among them. */
  list(userId: string, wanted: PageWanted): Page<ApiTokenRow> {
    const { limit, offset } = limits(wanted);
    const mine = 'FROM api_token WHERE user_id = ? AND revoked_at IS NULL';
    const rows = this.#database
      .prepare(`SELECT * ${mine} ORDER BY rowid DESC LIMIT ? OFFSET ?`)
      .all(userId, limit, offset);
    const total = this.#database.prepare(`SELECT count(*) AS n ${mine}`).get(userId);
    return { rows: rows.map(tokenOf), total: counted(total) };
  }

  nameTaken(userId: string, name: string): boolean {
    const row = this.#database
      .prepare('SELECT 1 FROM api_token WHERE user_id = ? AND name = ? AND revoked_at IS NULL')
      .get(userId, name);
    return row !== undefined;
  }

  /** Adds a token, or gives an existing one another secret. */
  put(token: ApiTokenRow): void {
    this.#database
      .prepare(
        `INSERT INTO api_token
           (login_id, user_id, name, secret_hash, permissions, not_before, expires_at, created_at, revoked_at)
         VALUES (:login, :user, :name, :hash, :permissions, :from, :until, :created, :revoked)
         ON CONFLICT DO UPDATE SET secret_hash = excluded.secret_hash, revoked_at = excluded.revoked_at`,
      )
      .run({
        login: token.loginId,
        user: token.userId,
        name: token.name,
        hash: token.secretHash,
        permissions: token.permissions === undefined ? null : JSON.stringify(token.permissions),
        from: token.notBefore ?? null,
        until: token.expiresAt ?? null,
        created: token.createdAt,
        revoked: token.revokedAt ?? null,
      });
  }

  revoke(loginId: string, at: number): void {
    this.#database
      .prepare('UPDATE api_token SET revoked_at = ? WHERE login_id = ? AND revoked_at IS NULL')
      .run(at, loginId);
  }

  /** Of the tokens that stand for their holder as a whole, only this one goes on. */
  keepOneOfFile(loginId: string, at: number): void {
    this.#database
      .prepare(
        `UPDATE api_token SET revoked_at = ?
         WHERE permissions IS NULL AND login_id <> ? AND revoked_at IS NULL`,
      )
      .run(at, loginId);
  }
}

function tokenOf(row: Row): ApiTokenRow {
  return {
    loginId: text(row, 'login_id'),
    userId: text(row, 'user_id'),
    name: text(row, 'name'),
    secretHash: text(row, 'secret_hash'),
    permissions: optionalJson(row, 'permissions'),
    notBefore: optionalNumber(row, 'not_before'),
    expiresAt: optionalNumber(row, 'expires_at'),
    createdAt: number(row, 'created_at'),
    revokedAt: optionalNumber(row, 'revoked_at'),
  };
}
