package io.duckmesh.api;

/**
 * Gauges whose values are read when somebody asks for metrics; every bean of this type is asked.
 */
@FunctionalInterface
public interface MetricsSource {
  /** Brings the gauges up to date, or leaves them as they are if what they show can not be read. */
  void refresh();
}
