// A line over the last minutes, small enough to stand beside others. What it shows is said in words by whoever draws it.
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import styles from './Chart.module.css';

export interface ChartProps {
  /** Seconds since 1970, rising. */
  times: readonly number[];
  points: readonly (number | null)[];
  /** The whole of it in words. */
  label: string;
  /** Which point the pointer is at, on this chart or on another. */
  onPoint: (index: number | null) => void;
}

/** A chart that has just begun is not stretched over less than this. */
const LEAST_S = 60;

/** Charts that show the same times have one cursor. */
const together = uPlot.sync('overview');

export function Chart({ times, points, label, onPoint }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const told = useRef(onPoint);
  told.current = onPoint;
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const drawn = new uPlot(optionsFor(element, (index) => told.current(index)), [[], []], element);
    plot.current = drawn;
    const fit = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: element.clientHeight }));
    fit.observe(element);
    // The canvas has to be told of other colours: it takes none from the page by itself.
    const colours = new MutationObserver(() => drawn.redraw());
    colours.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const system = matchMedia('(prefers-color-scheme: dark)');
    const redraw = () => drawn.redraw();
    system.addEventListener('change', redraw);
    return () => {
      fit.disconnect();
      colours.disconnect();
      system.removeEventListener('change', redraw);
      drawn.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData([[...times], [...points]]), [times, points]);
  return <div ref={box} className={styles.chart} role="img" aria-label={label} />;
}

function optionsFor(element: HTMLElement, onPoint: (index: number | null) => void): uPlot.Options {
  const colour = (name: 'color' | 'textDecorationColor') => () => getComputedStyle(element)[name];
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    padding: [6, 0, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: together.key }, y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { range: (_plot, first, last) => [Math.min(first, last - LEAST_S), last] },
      // From nothing up: a line that trembles at the top of its own range says less than one that is high.
      y: { range: (_plot, _least, most) => [0, Math.max(most, 1) * 1.1] },
    },
    axes: [{ show: false }, { show: false }],
    series: [{}, { stroke: colour('color'), fill: colour('textDecorationColor'), width: 1.5, points: { show: false } }],
    hooks: { setCursor: [(drawn) => onPoint(drawn.cursor.idx ?? null)] },
  };
}
