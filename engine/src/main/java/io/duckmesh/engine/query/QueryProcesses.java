package io.duckmesh.engine.query;

/**
 * The processes in which an engine runs statements.
 *
 * @param open that are there now
 * @param started ever
 * @param killedForMemory of those that were started, ended with queries in them since they took too
 *     much
 * @param residentBytes memory that those that are there take together, as far as the system tells
 */
public record QueryProcesses(long open, long started, long killedForMemory, long residentBytes) {
  public static final QueryProcesses NONE = new QueryProcesses(0, 0, 0, 0);
}
