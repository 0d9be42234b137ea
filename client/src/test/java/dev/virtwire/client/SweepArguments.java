// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.remote.TypedParam;
import dev.virtwire.protocol.remote.TypedParamValue;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Plausible arguments for any procedure: by the procedure and its field ({@code DomainBlockPeek.size}), else by the
 * field's name, else by its type.
 */
final class SweepArguments {
    private static final UUID NOBODY = new UUID(1, 2);

    private final Map<String, Object> byField = new HashMap<>();
    private final Map<Class<?>, Object> byType = new HashMap<>();

    SweepArguments() {
        for (String count : List.of("maxnames", "maxids", "maxuuids", "maxcells", "maxinfo", "maxerrors", "maxStats")) {
            byField.put(count, 16);
        }
        for (String yes : List.of("needResults", "needMap", "needOnline", "maplen", "ncpumaps", "cellCount", "vcpu")) {
            byField.put(yes, 1);
        }
        byField.put("vcpu", 0);
        byField.put("nvcpus", 1);
        byField.put("callbackId", 0);
        byField.put("name", "nobody");
        byField.put("path", "vda");
        byField.put("disk", "vda");
        byField.put("dev", "vda");
        byField.put("xml", "<nothing/>");
        byField.put("xmlDesc", "<nothing/>");
        byField.put("arch", "x86_64");
        byField.put("seconds", 1);
        byField.put("cpumap", new byte[] {1});
        byField.put("DomainSetVcpu.cpumap", "0");
        byField.put("DomainSetVcpu.state", 1);
        byField.put("DomainSetGuestVcpus.cpumap", "0");
        byField.put("size", 512);
        byField.put("memory", 32 * 1024);
        byField.put("downtime", 100);
        byField.put("bandwidth", 100);
        byField.put("cacheSize", 64 << 20);
        byField.put("iothreadId", 1);
        byField.put("iothreadsId", 1);
        byField.put("ConnectListAllDomains.flags", Set.of());
        byField.put("DomainGetCpuStats.startCpu", -1);
        byField.put("DomainGetCpuStats.ncpus", 1);
        byField.put("NodeGetCpuStats.cpuNum", -1);
        byField.put("NodeGetMemoryStats.cellNum", -1);
        byField.put("NodeGetFreePages.pages", List.of(4L));
        byField.put("DomainSendKey.keycodes", List.of(30L));
        byField.put("DomainBlockResize.size", 16384L);
        byField.put("StorageVolResize.capacity", 2L << 20);
        byField.put("DomainSetBlockThreshold.threshold", 1L << 20);
        byField.put("DomainSetMemoryStatsPeriod.period", 10);
        byField.put("DomainAgentSetResponseTimeout.timeout", -1);
        byField.put("DomainSetSchedulerParameters.params", List.of(number("cpu_shares", 1024)));
        byField.put("DomainSetSchedulerParametersFlags.params", List.of(number("cpu_shares", 1024)));
        byField.put("DomainSetMemoryParameters.params", List.of(number("hard_limit", 1 << 30)));
        byField.put("DomainSetBlockIoTune.params", List.of(number("total_bytes_sec", 1 << 20)));
        byField.put("DomainSetThrottleGroup.params", List.of(number("total_bytes_sec", 1 << 20)));
        byField.put("group", "sweep");
        byField.put("DomainSetPerfEvents.params", List.of());
    }

    /** A parameter whose value is text. */
    static TypedParam text(String name, String value) {
        return new TypedParam(name, new TypedParamValue.StringValue(value));
    }

    private static TypedParam number(String name, long value) {
        return new TypedParam(name, new TypedParamValue.UllongValue(value));
    }

    /** Says what a field is, by its name or as {@code Procedure.field}. */
    SweepArguments field(String name, Object value) {
        byField.put(name, value);
        return this;
    }

    /** Says what stands for an object of this type. */
    SweepArguments object(Object value) {
        byType.put(value.getClass(), value);
        return this;
    }

    /** Remembers what a registration is called, for the call that ends it. */
    void learn(Object result) {
        if (result != null) {
            for (RecordComponent component : result.getClass().getRecordComponents()) {
                if (component.getName().equals("callbackId")) {
                    try {
                        byField.put("callbackId", component.getAccessor().invoke(result));
                    } catch (IllegalAccessException | InvocationTargetException e) {
                        throw new AssertionError("no callback id can be read of " + result, e);
                    }
                }
            }
        }
    }

    /** The arguments; null for a procedure that has none. */
    Object of(Procedure<?, ?> procedure, Class<?> type) {
        return type == Void.class ? null : record(procedure.name(), type);
    }

    private Object record(String procedure, Class<?> type) {
        RecordComponent[] components = type.getRecordComponents();
        Object[] values = new Object[components.length];
        Class<?>[] types = new Class<?>[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] = value(procedure, components[i].getName(), types[i]);
        }
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            return constructor.newInstance(values);
        } catch (NoSuchMethodException | InstantiationException | IllegalAccessException e) {
            throw new AssertionError("no arguments can be made for " + procedure, e);
        } catch (InvocationTargetException e) {
            throw new AssertionError("no arguments can be made for " + procedure, e.getCause());
        }
    }

    private Object value(String procedure, String name, Class<?> type) {
        Object chosen = fitting(byField.get(procedure + "." + name), type);
        if (chosen == null) {
            chosen = fitting(byType.get(type), type);
        }
        if (chosen == null) {
            chosen = fitting(byField.get(name), type);
        }
        return chosen == null ? plain(procedure, type) : chosen;
    }

    /** A number fits what is wider; of anything else only its own type. */
    private static Object fitting(Object value, Class<?> type) {
        if (value instanceof Number number && type == long.class) {
            return number.longValue();
        }
        if (value instanceof Integer && type == int.class) {
            return value;
        }
        return type.isInstance(value) ? value : null;
    }

    private Object plain(String procedure, Class<?> type) {
        if (type == int.class) {
            return 0;
        }
        if (type == long.class) {
            return 0L;
        }
        if (type == double.class) {
            return 0.0;
        }
        if (type == String.class) {
            return "nobody";
        }
        if (type == UUID.class) {
            return NOBODY;
        }
        if (type == byte[].class) {
            return new byte[0];
        }
        if (type == Set.class) {
            return Set.of();
        }
        if (type == List.class) {
            return List.of();
        }
        return record(procedure, type);
    }
}
