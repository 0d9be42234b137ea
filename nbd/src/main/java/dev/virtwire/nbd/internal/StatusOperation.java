// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import dev.virtwire.nbd.ExtentList;
import dev.virtwire.nbd.NbdRequest;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A question for the extents of all contexts. */
public final class StatusOperation extends Operation<Map<String, ExtentList>> {
    private final List<String> contexts;
    private final @Nullable ExtentList[] extents;

    public StatusOperation(NbdRequest request, List<String> contexts) {
        super(request, request.length());
        this.contexts = contexts;
        this.extents = new ExtentList[contexts.size()];
    }

    public boolean has(int context) {
        return extents[context] != null;
    }

    public void put(int context, ExtentList list) {
        extents[context] = list;
    }

    @Override
    public void completeWithResult() {
        Map<String, ExtentList> result = new LinkedHashMap<>();
        for (int i = 0; i < extents.length; i++) {
            ExtentList list = extents[i];
            if (list != null) {
                result.put(contexts.get(i), list);
            }
        }
        complete(Collections.unmodifiableMap(result));
    }
}
