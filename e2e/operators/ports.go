package operators

import (
	"net"
	"strconv"

	"github.com/isvc-io/isvc/e2e/cluster"
)

// freePorts finds ports of loopback that nobody listens on.
func freePorts(n int) ([]int64, error) {
	addresses, err := cluster.FreeAddresses(n)
	if err != nil {
		return nil, err
	}
	ports := make([]int64, n)
	for i, address := range addresses {
		_, text, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		if ports[i], err = strconv.ParseInt(text, 10, 32); err != nil {
			return nil, err
		}
	}
	return ports, nil
}
