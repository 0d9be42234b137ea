// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.domain.Domain;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An event of QEMU's monitor, as QEMU sent it ({@code virConnectDomainQemuMonitorEventRegister}).
 *
 * @param domain the domain
 * @param name QEMU's name for it, such as {@code RTC_CHANGE}
 * @param time when it happened, by QEMU's clock
 * @param details what QEMU says of it, as JSON; null if it says nothing
 * @since 0.1
 */
public record MonitorEvent(
        Domain domain, String name, Instant time, @Nullable String details) implements Event {}
