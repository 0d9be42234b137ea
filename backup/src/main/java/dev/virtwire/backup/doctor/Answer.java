// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import dev.virtwire.backup.doctor.Check.Result;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a question, which knows what it was.
 *
 * @param remedy what to do about it, or null
 */
record Answer(Result result, String found, @Nullable String remedy) {
    static Answer ok(String found) {
        return new Answer(Result.OK, found, null);
    }

    static Answer note(String found, @Nullable String remedy) {
        return new Answer(Result.NOTE, found, remedy);
    }

    static Answer warning(String found, @Nullable String remedy) {
        return new Answer(Result.WARNING, found, remedy);
    }

    static Answer fails(String found, @Nullable String remedy) {
        return new Answer(Result.FAILS, found, remedy);
    }
}
