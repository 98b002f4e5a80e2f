package io.duckmesh.activities.materialize;

import io.duckmesh.catalog.Tables;
import io.duckmesh.catalog.Watermarks;
import io.duckmesh.catalog.Writes;
import io.duckmesh.catalog.upkeep.Garbage;
import io.duckmesh.catalog.upkeep.Retention;
import io.duckmesh.catalog.upkeep.Rewrites;
import io.duckmesh.catalog.upkeep.Runs;
import io.duckmesh.engine.objects.ObjectWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Puts faults between a step and what it works on, and looks how long calls take. */
final class Faults {
  private final Map<String, Fault> faults = new ConcurrentHashMap<>();
  private final Map<String, Fault> lateFaults = new ConcurrentHashMap<>();
  private final Map<String, List<Double>> durations = new ConcurrentHashMap<>();

  /** What happens instead of, before, or after a call. */
  interface Fault {
    void before() throws RuntimeException;
  }

  /** How long each call took, in milliseconds, by method; for measurements. */
  Map<String, List<Double>> durations() {
    return durations;
  }

  /** From now on calls of the method, with or without its type, meet the fault. */
  void on(String method, Fault fault) {
    faults.put(method, fault);
  }

  /** From now on calls of the method do what they do, and then meet the fault. */
  void after(String method, Fault fault) {
    lateFaults.put(method, fault);
  }

  void clear(String method) {
    faults.remove(method);
    lateFaults.remove(method);
  }

  /** The target, with the faults on its methods. */
  <T> T around(Class<T> type, T target) {
    return type.cast(
        Proxy.newProxyInstance(
            Faults.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> call(target, method, arguments)));
  }

  private static @Nullable Fault find(Map<String, Fault> faults, Method method) {
    Fault fault = faults.get(method.getDeclaringClass().getSimpleName() + "." + method.getName());
    return fault == null ? faults.get(method.getName()) : fault;
  }

  private Object call(Object target, Method method, Object[] arguments) throws Throwable {
    Fault fault = find(faults, method);
    if (fault != null) {
      fault.before();
    }
    long start = System.nanoTime();
    Object result;
    try {
      result = method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
    durations
        .computeIfAbsent(method.getName(), name -> new CopyOnWriteArrayList<>())
        .add((System.nanoTime() - start) / 1e6);
    Fault late = find(lateFaults, method);
    if (late != null) {
      late.before();
    }
    if (result == null) {
      return null;
    }
    return switch (result) {
      case Writes writes -> around(Writes.class, writes);
      case Tables tables -> around(Tables.class, tables);
      case Watermarks watermarks -> around(Watermarks.class, watermarks);
      case Rewrites rewrites -> around(Rewrites.class, rewrites);
      case Runs runs -> around(Runs.class, runs);
      case Garbage garbage -> around(Garbage.class, garbage);
      case Retention retention -> around(Retention.class, retention);
      case ObjectWriter writer -> around(ObjectWriter.class, writer);
      default -> result;
    };
  }
}
