/** The one way in which a check ends badly: a reason in plain words, the step of "How it is checked", and the file that the fault is in. */
export class VerificationError extends Error {
  constructor(
    readonly reason: string,
    public step: number | null = null,
    public file: string | null = null,
  ) {
    super(reason);
  }
}

/** Names the step and the file of a fault that is thrown inside and does not name them itself. */
export function at<T>(step: number, file: string, act: () => T): T {
  try {
    return act();
  } catch (fault) {
    throw named(fault, step, file);
  }
}

/** The same for what takes time. */
export async function atLater<T>(step: number, file: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (fault) {
    throw named(fault, step, file);
  }
}

function named(fault: unknown, step: number, file: string): unknown {
  if (fault instanceof VerificationError) {
    fault.step ??= step;
    fault.file ??= file;
  }
  return fault;
}
