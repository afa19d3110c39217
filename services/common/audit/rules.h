#ifndef U2FI_SERVICES_COMMON_AUDIT_RULES_H_
#define U2FI_SERVICES_COMMON_AUDIT_RULES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "u2fi/audit/v1/record.pb.h"

namespace u2fi::audit {

// What the fields of audit messages may hold, the same for writing and for
// reading. Each check gives AUDIT_FORMAT for the first rule that is broken;
// metadata "field" is the field's path. Strictness of the encoding is checked
// where bytes are parsed (row.h, checkpoint.h).

// Service (`command-gate`, or `gateway/<site>/<gateway>`), incarnation, tenant.
absl::Status CheckWriter(const v1::Writer& writer);

// A row of a chain: writer, sequence from 1, hash.
absl::Status CheckReference(const v1::RowReference& reference);

// One resource name: 1 to 160 of [a-z0-9/:._-].
absl::Status CheckSubject(absl::string_view subject);

// Everything but the body. A kind that this program does not know is allowed;
// an unset one is not. `previous` is absent exactly in row 1, `predecessor`
// only occurs there.
absl::Status CheckHeader(const v1::AuditHeader& header);

// Sizes, character sets, known outcome, ascending details, total of the
// approvals, and no text that looks like a secret.
absl::Status CheckBody(const v1::AuditBody& body);

// Text that must never stand in the audit: a private key in PEM, or a JWT.
bool LooksLikeSecret(absl::string_view text);

// AUDIT_FORMAT naming the field.
absl::Status FormatError(absl::string_view field, absl::string_view problem);

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_RULES_H_
