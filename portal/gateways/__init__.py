"""Every brand of gateway as a pure adapter; `brands` knows them all."""
