/** What an instance does when a concert has changed. */
export interface ConcertChangeListener {
  /** A concert has changed, by whichever instance. */
  changed(concertId: string): void;
  /** Changes may have gone unheard, of any concert. */
  missed(): void;
}

/** How the instances tell each other which concerts have changed. A word may be lost: listeners also look by time. */
export interface ConcertChanges {
  /** Tells all instances, this one too. */
  announce(concertId: string): Promise<void>;
  /** Has a listener told for as long as the instance runs. */
  listen(listener: ConcertChangeListener): void;
}
