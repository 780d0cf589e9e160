/** What a verified queue token says: whose place it is. Whether the place still stands is for Redis to say. */
export interface PlaceClaims {
  /** The user, a UUID in lower case. */
  readonly userId: string;
  /** The concert whose line it is. */
  readonly concertId: string;
  /** The line's epoch in which the number was given. */
  readonly epoch: number;
  /** The place's number in the line. */
  readonly number: number;
}
