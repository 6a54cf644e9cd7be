// A part of the page that is loaded when it is first wanted. Unlike React's lazy, it lets one try again after a failure, and
// a failure breaks nothing else.
import { type ComponentType, type ReactNode, useEffect, useState } from 'react';

export interface DeferredProps<Props extends object> {
  /** Always the same function. */
  load: () => Promise<{ default: ComponentType<Props> }>;
  props: Props;
  /** While it is on its way. */
  fallback?: ReactNode;
  onFail: () => void;
}

export function Deferred<Props extends object>({ load, props, fallback = null, onFail }: DeferredProps<Props>) {
  const [part, setPart] = useState<{ Component: ComponentType<Props> } | null>(null);
  useEffect(() => {
    let isWanted = true;
    load().then(
      (module) => isWanted && setPart({ Component: module.default }),
      () => isWanted && onFail(),
    );
    return () => {
      isWanted = false;
    };
    // It is loaded once, whoever is told of a failure.
  }, [load]);
  return part ? <part.Component {...props} /> : fallback;
}
