import pg from 'pg';

/**
 * Asks Postgres for a sign of life, on a connection of its own: the pool's are busy just when it matters. One check at
 * a time.
 */
export class PostgresProbe {
  readonly #url: string;
  #client: pg.Client | undefined;
  #closed = false;

  /** @param url connection string of the database */
  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Resolves if Postgres answers. After a failure the next check connects anew.
   *
   * @param timeoutMs how long it may take to connect, where that is needed, and again to answer
   * @throws what went wrong, as translatePostgresError knows it
   */
  async check(timeoutMs: number): Promise<void> {
    const client = this.#client ?? (await this.#connect(timeoutMs));
    const ask: pg.QueryConfig & { query_timeout: number } = { text: 'select 1', query_timeout: timeoutMs };
    try {
      await client.query(ask);
    } catch (error) {
      this.#drop(client);
      throw error;
    }
  }

  /** Closes the connection; no check succeeds any more. */
  close(): void {
    this.#closed = true;
    if (this.#client !== undefined) this.#drop(this.#client);
  }

  async #connect(timeoutMs: number): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'frontrow probe',
      connectionTimeoutMillis: timeoutMs,
    });
    client.on('error', () => this.#drop(client));
    await client.connect();
    if (this.#closed) this.#drop(client);
    else this.#client = client;
    return client;
  }

  #drop(client: pg.Client): void {
    if (this.#client === client) this.#client = undefined;
    // Where an answer is outstanding this ends the socket at once, without waiting for it.
    client.end().catch(() => undefined);
  }
}
