package io.duckmesh.activities.materialize;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Puts faults between a step and what it works on. */
final class Faults {
  private final Map<String, Fault> faults = new ConcurrentHashMap<>();

  /** What happens instead of, or before, a call. */
  interface Fault {
    void before() throws RuntimeException;
  }

  /** From now on calls of the method meet the fault. */
  void on(String method, Fault fault) {
    faults.put(method, fault);
  }

  void clear(String method) {
    faults.remove(method);
  }

  /** The target, with the faults on its methods. */
  <T> T around(Class<T> type, T target) {
    return type.cast(
        Proxy.newProxyInstance(
            Faults.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> call(target, method, arguments)));
  }

  private Object call(Object target, Method method, Object[] arguments) throws Throwable {
    Fault fault = faults.get(method.getName());
    if (fault != null) {
      fault.before();
    }
    try {
      Object result = method.invoke(target, arguments);
      return method.getName().equals("writes")
          ? around(io.duckmesh.catalog.Writes.class, (io.duckmesh.catalog.Writes) result)
          : result;
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
