#ifndef U2FI_SERVICES_COMMON_AUDIT_LIMITS_H_
#define U2FI_SERVICES_COMMON_AUDIT_LIMITS_H_

#include <cstddef>
#include <cstdint>

// Sizes of everything in a row and a checkpoint, in bytes or entries. README.md
// has the same table for second programs; readers refuse what exceeds it.
namespace u2fi::audit {

inline constexpr uint32_t kFormat = 1;

inline constexpr size_t kIncarnationSize = 16;
inline constexpr size_t kSaltSize = 16;
inline constexpr size_t kHashSize = 32;

// Header.
inline constexpr size_t kMaxHeaderSize = 4 << 10;
inline constexpr size_t kMaxServiceSize = 160;
inline constexpr size_t kMaxSubjects = 16;
inline constexpr size_t kMaxSubjectSize = 160;

// Body.
inline constexpr size_t kMaxBodySize = 192 << 10;
inline constexpr size_t kMaxStatementSize = 2 << 10;
inline constexpr size_t kMaxCommandSize = 4 << 10;
inline constexpr size_t kMaxApprovals = 8;
inline constexpr size_t kMaxApprovalSize = 6 << 10;
inline constexpr size_t kMaxApprovalsSize = 16 << 10;
inline constexpr uint32_t kMaxIndex = 999;
inline constexpr size_t kMaxPath = 10;
inline constexpr size_t kMaxNameSize = 64;
inline constexpr size_t kMaxCallerSize = 512;
inline constexpr size_t kMaxDeviceSignatureSize = 104;
inline constexpr size_t kMaxDetails = 32;
inline constexpr size_t kMaxDetailNameSize = 63;
inline constexpr size_t kMaxDetailSize = 2 << 10;

// A stored row: header, salt and body with their tags and lengths.
inline constexpr size_t kMaxRowSize =
    kMaxHeaderSize + kSaltSize + kMaxBodySize + 16;

// Checkpoint.
inline constexpr size_t kMaxSeen = 64;
inline constexpr size_t kMaxCheckpointSize = 32 << 10;
inline constexpr size_t kMaxKidSize = 64;
inline constexpr size_t kMaxSignatureSize = 72;

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_LIMITS_H_
