// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Programs that run around a job and around each of its guests.
 *
 * @param commands program and arguments by the hook that they are; a hook without a command is missing
 * @param limit how long each may take
 * @since 0.1
 */
public record HookSettings(Map<Hook, List<String>> commands, Duration limit) {
    /**
     * When a program runs.
     *
     * @since 0.1
     */
    public enum Hook {
        /** Before the first guest. If it fails, nothing is backed up. */
        BEFORE("before", false),
        /** At the end, whatever happened. */
        AFTER("after", true),
        /** Before a guest. If it fails, that guest is not backed up. */
        BEFORE_GUEST("before-guest", false),
        /** After a guest, whatever happened to it. */
        AFTER_GUEST("after-guest", true);

        private final String key;
        private final boolean cleansUp;

        Hook(String key, boolean cleansUp) {
            this.key = key;
            this.cleansUp = cleansUp;
        }

        /**
         * Whether it runs whatever happened, also if somebody ends the job, and is no more than a warning if it fails.
         */
        public boolean cleansUp() {
            return cleansUp;
        }

        /** As the configuration names it. */
        @Override
        public String toString() {
            return key;
        }
    }

    /** How long a hook may take if nothing is said. */
    public static final Duration LIMIT = Duration.ofMinutes(5);

    /** No hooks. */
    public static final HookSettings NONE = new HookSettings(Map.of(), LIMIT);

    /** How long the end of a run may take besides hooks: backups are ended on their hosts. */
    private static final Duration END = Duration.ofMinutes(4);

    /** Copies the map. */
    public HookSettings {
        commands = Map.copyOf(commands);
    }

    /** How long a run may take to end its work when somebody ends it: the hooks that clean up have their whole time. */
    public Duration cleanUp() {
        // Hooks of guests run at the same time.
        long hooks = commands.keySet().stream().filter(Hook::cleansUp).count();
        return END.plus(limit.multipliedBy(hooks));
    }
}
