// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.params;

import dev.virtwire.client.protocol.remote.TypedParam;
import dev.virtwire.client.protocol.remote.TypedParamValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads lists of typed parameters. */
public final class TypedParams {
    private TypedParams() {}

    /** By name: Integer, Long, Double, Boolean or String; of a name that comes twice, the last. */
    public static Map<String, Object> toMap(List<TypedParam> params) {
        Map<String, Object> values = new LinkedHashMap<>();
        params.forEach(param -> values.put(param.field(), toJava(param.value())));
        return values;
    }

    private static Object toJava(TypedParamValue value) {
        if (value instanceof TypedParamValue.IntValue v) {
            return v.value();
        } else if (value instanceof TypedParamValue.UintValue v) {
            return v.value();
        } else if (value instanceof TypedParamValue.LlongValue v) {
            return v.value();
        } else if (value instanceof TypedParamValue.UllongValue v) {
            return v.value();
        } else if (value instanceof TypedParamValue.DoubleValue v) {
            return v.value();
        } else if (value instanceof TypedParamValue.BooleanValue v) {
            return v.value() != 0;
        } else if (value instanceof TypedParamValue.StringValue v) {
            return v.value();
        }
        throw new IllegalStateException("a kind of parameter that this method does not know: " + value.getClass());
    }
}
