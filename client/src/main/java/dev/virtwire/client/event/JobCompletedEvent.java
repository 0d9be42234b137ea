// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.JobStatistics;

/**
 * A domain's job ended, successfully or not ({@code VIR_DOMAIN_EVENT_ID_JOB_COMPLETED}).
 *
 * @param domain the domain
 * @param statistics how it ended
 */
public record JobCompletedEvent(Domain domain, JobStatistics statistics) implements DomainEvent {}
