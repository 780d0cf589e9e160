/**
 * Finds circles in a graph.
 *
 * @param graph the nodes each node points to
 * @returns each circle found, as the nodes on the way, the first repeated at the end
 */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (node: string): void => {
    if (done.has(node)) return;
    const start = way.indexOf(node);
    if (start >= 0) {
      cycles.push([...way.slice(start), node]);
      return;
    }
    way.push(node);
    for (const next of graph.get(node) ?? []) visit(next);
    way.pop();
    done.add(node);
  };
  for (const node of graph.keys()) visit(node);
  return cycles;
}
