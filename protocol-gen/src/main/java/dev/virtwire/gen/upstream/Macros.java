// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import java.util.Map;

/** Numbers that the {@code .x} files take from libvirt's C headers. */
final class Macros {
    static final Map<String, Long> VALUES = Map.ofEntries(
            Map.entry("VIR_UUID_BUFLEN", 16L),
            Map.entry("VIR_SECURITY_MODEL_BUFLEN", 257L),
            Map.entry("VIR_SECURITY_LABEL_BUFLEN", 4097L),
            Map.entry("VIR_SECURITY_DOI_BUFLEN", 257L),
            Map.entry("VIR_TYPED_PARAM_INT", 1L),
            Map.entry("VIR_TYPED_PARAM_UINT", 2L),
            Map.entry("VIR_TYPED_PARAM_LLONG", 3L),
            Map.entry("VIR_TYPED_PARAM_ULLONG", 4L),
            Map.entry("VIR_TYPED_PARAM_DOUBLE", 5L),
            Map.entry("VIR_TYPED_PARAM_BOOLEAN", 6L),
            Map.entry("VIR_TYPED_PARAM_STRING", 7L));

    private Macros() {}
}
