// Files that are dragged over a part of the page, and dropped there.
import { type DragEvent, type DragEventHandler, useRef, useState } from 'react';

export interface Drop {
  readonly isOver: boolean;
  readonly handlers: Record<'onDragEnter' | 'onDragOver' | 'onDragLeave' | 'onDrop', DragEventHandler>;
}

export function useDrop(onFiles: ((files: readonly File[]) => void) | null): Drop {
  const [isOver, setOver] = useState(false);
  /** Entering a part of it is told before leaving another. */
  const depth = useRef(0);
  const carriesFiles = (event: DragEvent) => onFiles !== null && event.dataTransfer.types.includes('Files');
  return {
    isOver,
    handlers: {
      onDragEnter: (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        depth.current += 1;
        setOver(true);
      },
      onDragOver: (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = 'copy';
      },
      onDragLeave: (event) => {
        if (!carriesFiles(event)) return;
        depth.current -= 1;
        if (depth.current <= 0) setOver(false);
      },
      onDrop: (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        depth.current = 0;
        setOver(false);
        // Folders come as files that cannot be read; they have no type.
        const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.());
        const files = [...event.dataTransfer.files].filter((_, index) => !entries[index]?.isDirectory);
        if (files.length > 0) onFiles?.(files);
      },
    },
  };
}
