/** Methods that take an idempotency key, and whether they insist on it. The protos say it only in words. */
export const idempotencyKeys: Readonly<Record<string, 'optional' | 'required'>> = {
  UpdateAdmissionPolicy: 'optional',
  CreateConcert: 'optional',
  UpdateConcert: 'optional',
  HoldSeats: 'optional',
  ChargeBalance: 'required',
  PayReservation: 'optional',
  RefundPayment: 'optional',
};

/** Fields that a request cannot do without, by message. */
export const requiredFields: Readonly<Record<string, readonly string[]>> = {
  CreateConcertRequest: ['title', 'venue', 'timeZone', 'performances'],
  'CreateConcertRequest.NewPerformance': ['startsAt'],
  'UpdateConcertRequest.PerformanceChange': ['performanceId'],
  'UpdateConcertRequest.SectionPrice': ['section', 'price'],
  SeatLayout: ['sections'],
  'SeatLayout.Section': ['name', 'price', 'rows'],
  'SeatLayout.Row': ['label', 'seatCount'],
  IssueTokenRequest: ['userId'],
  HoldSeatsRequest: ['seatNumbers'],
  ChargeBalanceRequest: ['amount'],
};

/** Methods that an installation may keep for operators, by configuration. */
export const operatorByConfiguration: readonly string[] = ['ChargeBalance'];

/** Query fields that go by their proto name: RFC 6750 gives this one its name. */
export const protoNamedQueryFields: readonly string[] = ['access_token'];
