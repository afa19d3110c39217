#ifndef U2FI_SERVICES_COMMON_RANDOM_SYSTEM_RANDOM_H_
#define U2FI_SERVICES_COMMON_RANDOM_SYSTEM_RANDOM_H_

#include "services/common/random/random_source.h"

namespace u2fi {

// The operating system's randomness, through BoringSSL. Lives for ever.
RandomSource& SystemRandom();

}  // namespace u2fi

#endif  // U2FI_SERVICES_COMMON_RANDOM_SYSTEM_RANDOM_H_
