// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

/**
 * Something that a host told unasked. If libvirt says a thing by a number, an event carries the number and a method
 * that names it; what a newer server says stays a number, and the name is empty.
 *
 * @since 0.1
 */
public sealed interface Event
        permits DomainEvent, MonitorEvent, NetworkEvent, NodeDeviceEvent, SecretEvent, StoragePoolEvent {}
