// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.wire;

import dev.virtwire.client.RemoteException;
import dev.virtwire.xdr.XdrReader;
import org.jspecify.annotations.Nullable;

/** Reads the body of an error reply ({@code remote_error}). It belongs to no program, hence to no table. */
public final class RemoteErrorReader {
    private static final int STRING_BOUND = 4_194_304;

    private RemoteErrorReader() {}

    /** Reads the body. */
    public static RemoteException.Details read(XdrReader in) {
        int code = in.readInt("error.code");
        int domain = in.readInt("error.domain");
        String message = optionalString(in, "error.message");
        int level = in.readInt("error.level");
        String domainName = domainName(in);
        String str1 = optionalString(in, "error.str1");
        String str2 = optionalString(in, "error.str2");
        String str3 = optionalString(in, "error.str3");
        int int1 = in.readInt("error.int1");
        int int2 = in.readInt("error.int2");
        String networkName = networkName(in);
        return new RemoteException.Details(
                code, domain, message, level, domainName, str1, str2, str3, int1, int2, networkName);
    }

    private static @Nullable String domainName(XdrReader in) {
        if (!in.readOptional("error.dom")) {
            return null;
        }
        String name = in.readString(STRING_BOUND, "error.dom.name");
        in.readUuid("error.dom.uuid");
        in.readInt("error.dom.id");
        return name;
    }

    private static @Nullable String networkName(XdrReader in) {
        if (!in.readOptional("error.net")) {
            return null;
        }
        String name = in.readString(STRING_BOUND, "error.net.name");
        in.readUuid("error.net.uuid");
        return name;
    }

    private static @Nullable String optionalString(XdrReader in, String field) {
        return in.readOptional(field) ? in.readString(STRING_BOUND, field) : null;
    }
}
