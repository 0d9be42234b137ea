// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The libvirtd that {@link LibvirtdExtension} gives to a test class is that of a Debian suite, not of this machine.
 *
 * @since 0.1
 */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface DebianLibvirtd {
    /** The suite with the newest libvirt and QEMU that Debian has for its stable release: 12.9 or newer. */
    String NEWEST = "trixie-backports";

    /** The suite: {@code bookworm} for libvirt 9.0, {@code trixie} for 11.3, {@link #NEWEST}. */
    String value();

    /**
     * Whether it runs in a container, by Testcontainers. {@link #NEWEST} has no image for that. If no Docker engine
     * answers, the class is skipped.
     */
    boolean container() default false;
}
